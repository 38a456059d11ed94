-- Written by tools/generate.sh from internal/schema/0040_courier_tracks.sql. Do not edit.

CREATE TABLE courier_tracks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    courier_id INTEGER NOT NULL,
    lat INTEGER NOT NULL,
    lng INTEGER NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT courier_tracks_courier_fkey FOREIGN KEY (courier_id) REFERENCES couriers (id)
) STRICT;

CREATE INDEX courier_tracks_courier ON courier_tracks (courier_id, at);

CREATE INDEX courier_tracks_at ON courier_tracks (at);
