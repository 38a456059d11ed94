-- name: InsertCourier :exec
INSERT INTO couriers (public_id, account_id, account, business_name, contact, vehicle, plate, capacity, state, reason, papers_until, available, share_bp, jobs, load, rating_sum, rating_count, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(account_id), sqlc.arg(account), '', '', '', '', 0, 'unverified', '', 0, FALSE, sqlc.arg(share_bp), 0, 0, 0, 0, sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (account_id) DO NOTHING;

-- name: CourierOfAccount :one
SELECT * FROM couriers WHERE account_id = sqlc.arg(account_id);

-- name: CourierByPublicID :one
SELECT * FROM couriers WHERE public_id = sqlc.arg(public_id);

-- name: CouriersByIDs :many
SELECT * FROM couriers WHERE id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY id;

-- name: LockCourier :one
SELECT * FROM couriers WHERE id = sqlc.arg(id) FOR UPDATE;

-- name: UpdateCourier :exec
UPDATE couriers SET business_name = sqlc.arg(business_name), contact = sqlc.arg(contact), vehicle = sqlc.arg(vehicle), plate = sqlc.arg(plate), capacity = sqlc.arg(capacity),
  state = sqlc.arg(state), reason = sqlc.arg(reason), papers_until = sqlc.arg(papers_until), available = sqlc.arg(available), share_bp = sqlc.arg(share_bp), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id);

-- name: TakeJob :execrows
UPDATE couriers SET jobs = jobs + 1, load = load + sqlc.arg(weight)::bigint, updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND jobs < sqlc.arg(most)::bigint AND load + sqlc.arg(weight)::bigint <= capacity;

-- name: DropJob :execrows
UPDATE couriers SET jobs = jobs - 1, load = load - sqlc.arg(weight)::bigint, updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id);

-- name: LocateCouriers :batchexec
UPDATE couriers SET lat = sqlc.arg(lat), lng = sqlc.arg(lng), located_at = sqlc.arg(located_at) WHERE id = sqlc.arg(id) AND (located_at IS NULL OR located_at <= sqlc.arg(located_at));

-- name: InsertDocument :exec
INSERT INTO courier_documents (public_id, courier_id, kind, number, expires_at, state, reason, decided_by, created_at)
VALUES (sqlc.arg(public_id), sqlc.arg(courier_id), sqlc.arg(kind), sqlc.arg(number), sqlc.arg(expires_at), 'submitted', '', '', sqlc.arg(created_at));

-- name: ReplaceWaiting :exec
UPDATE courier_documents SET state = 'replaced' WHERE courier_id = sqlc.arg(courier_id) AND kind = sqlc.arg(kind) AND state = 'submitted';

-- name: ReplaceVerified :exec
UPDATE courier_documents SET state = 'replaced' WHERE courier_id = sqlc.arg(courier_id) AND kind = sqlc.arg(kind) AND state = 'verified';

-- name: CountDocuments :one
SELECT COUNT(*) FROM courier_documents WHERE courier_id = sqlc.arg(courier_id);

-- name: DocumentsOf :many
SELECT * FROM courier_documents WHERE courier_id = ANY(sqlc.arg(couriers)::bigint[]) AND state <> 'replaced' ORDER BY courier_id, id;

-- name: DocumentByPublicID :one
SELECT d.*, c.account_id FROM courier_documents AS d JOIN couriers AS c ON c.id = d.courier_id WHERE d.public_id = sqlc.arg(public_id);

-- name: SetDocumentFile :execrows
UPDATE courier_documents SET file = sqlc.arg(file) WHERE id = sqlc.arg(id) AND state = 'submitted';

-- name: DecideDocument :exec
UPDATE courier_documents SET state = sqlc.arg(state), reason = sqlc.arg(reason), decided_by = sqlc.arg(decided_by), decided_at = sqlc.arg(decided_at) WHERE id = sqlc.arg(id);

-- name: InsertDelivery :one
INSERT INTO deliveries (public_id, tracking, track_hash, order_ref, store_id, buyer_id, state, open, pickup, dropoff, pickup_cell, pickup_lat, pickup_lng, drop_lat, drop_lng, distance,
  instructions, weight, size, value, fragile, signature, priority, currency, fee, share_bp, earned, cash, cash_state, pickup_at, deliver_at, pin_no, tries, proof, fail_reason, fails, flagged, due_at, created_at, updated_at, words, side, pay_most)
VALUES (sqlc.arg(public_id), sqlc.arg(tracking), sqlc.arg(track_hash), sqlc.arg(order_ref), sqlc.arg(store_id), sqlc.arg(buyer_id), 'available', TRUE, sqlc.arg(pickup), sqlc.arg(dropoff), sqlc.arg(pickup_cell),
  sqlc.narg(pickup_lat), sqlc.narg(pickup_lng), sqlc.narg(drop_lat), sqlc.narg(drop_lng), sqlc.narg(distance), sqlc.arg(instructions), sqlc.arg(weight), sqlc.arg(size), sqlc.arg(value), sqlc.arg(fragile), sqlc.arg(signature),
  sqlc.arg(priority), sqlc.arg(currency), sqlc.arg(fee), 0, 0, sqlc.arg(cash), '', sqlc.narg(pickup_at), sqlc.narg(deliver_at), 0, 0, '', '', 0, FALSE, sqlc.arg(due_at), sqlc.arg(created_at), sqlc.arg(created_at), sqlc.arg(words), sqlc.arg(side), sqlc.arg(pay_most))
RETURNING id;

-- name: Delivery :one
SELECT * FROM deliveries WHERE public_id = sqlc.arg(public_id);

-- name: DeliveryByTrack :one
SELECT * FROM deliveries WHERE track_hash = sqlc.arg(track_hash);

-- name: LockDelivery :one
SELECT * FROM deliveries WHERE id = sqlc.arg(id) FOR UPDATE;

-- name: LastOfOrder :one
SELECT * FROM deliveries WHERE order_ref = sqlc.arg(order_ref) ORDER BY id DESC LIMIT 1;

-- name: LockOpenOfOrder :many
SELECT * FROM deliveries WHERE order_ref = sqlc.arg(order_ref) AND open ORDER BY id FOR UPDATE;

-- name: UpdateDelivery :execrows
UPDATE deliveries SET state = sqlc.arg(state), open = sqlc.arg(open), courier_id = sqlc.narg(courier_id), share_bp = sqlc.arg(share_bp), earned = sqlc.arg(earned), cash = sqlc.arg(cash), cash_state = sqlc.arg(cash_state), eta_at = sqlc.narg(eta_at),
  pin_no = sqlc.arg(pin_no), tries = sqlc.arg(tries), proof = sqlc.arg(proof), fail_reason = sqlc.arg(fail_reason), fails = sqlc.arg(fails), far = sqlc.narg(far), flagged = sqlc.arg(flagged),
  deliver_at = sqlc.narg(deliver_at), assigned_at = sqlc.narg(assigned_at), picked_up_at = sqlc.narg(picked_up_at), delivered_at = sqlc.narg(delivered_at), ended_at = sqlc.narg(ended_at), due_at = sqlc.arg(due_at), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: CountTry :execrows
UPDATE deliveries SET tries = tries + 1, updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND tries < 5;

-- name: Renew :execrows
UPDATE deliveries SET pin_no = pin_no + 1, tries = 0, updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND pin_no > 0 AND open;

-- name: Rate :execrows
UPDATE deliveries SET rating = sqlc.arg(rating), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND rating IS NULL AND state = 'delivered';

-- name: RateCourier :exec
UPDATE couriers SET rating_sum = rating_sum + sqlc.arg(rating)::bigint, rating_count = rating_count + 1 WHERE id = sqlc.arg(id);

-- name: InsertEvent :one
INSERT INTO delivery_events (delivery_id, courier_id, client_id, kind, state, actor, note, lat, lng, photo, signature, device_at, at)
VALUES (sqlc.arg(delivery_id), sqlc.arg(courier_id), sqlc.narg(client_id), sqlc.arg(kind), sqlc.arg(state), sqlc.arg(actor), sqlc.arg(note), sqlc.narg(lat), sqlc.narg(lng), sqlc.narg(photo), sqlc.narg(signature), sqlc.narg(device_at), sqlc.arg(at))
RETURNING id;

-- name: EventByClient :one
SELECT * FROM delivery_events WHERE courier_id = sqlc.arg(courier_id) AND client_id = sqlc.arg(client_id);

-- name: EventsOf :many
SELECT * FROM delivery_events WHERE delivery_id = sqlc.arg(delivery_id) ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: FreeNear :many
SELECT * FROM deliveries WHERE state = 'available' AND pickup_cell = ANY(sqlc.arg(cells)::bigint[]) ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: DeliveriesAfter :many
SELECT * FROM deliveries WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: CouriersAfter :many
SELECT * FROM couriers WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: CarriedBy :many
SELECT courier_id, COUNT(*) AS jobs, COALESCE(SUM(weight), 0)::bigint AS load FROM deliveries
WHERE courier_id = ANY(sqlc.arg(couriers)::bigint[]) AND state IN ('assigned', 'picked_up', 'in_transit', 'failed') GROUP BY courier_id;

-- name: ReadyCouriers :many
SELECT * FROM couriers WHERE available AND state = 'verified' AND id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: LastStates :many
SELECT e.delivery_id, e.state FROM delivery_events AS e JOIN (SELECT delivery_id, MAX(id) AS id FROM delivery_events WHERE delivery_id = ANY(sqlc.arg(ids)::bigint[]) GROUP BY delivery_id) AS m ON m.id = e.id;

-- name: Waiting :many
SELECT * FROM deliveries WHERE state = 'available' AND id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: DeliveriesByPublicIDs :many
SELECT * FROM deliveries WHERE public_id = ANY(sqlc.arg(ids)::text[]) ORDER BY id;

-- name: StopsOf :many
SELECT id, courier_id, state, pickup_lat, pickup_lng, drop_lat, drop_lng FROM deliveries
WHERE courier_id = ANY(sqlc.arg(couriers)::bigint[]) AND state IN ('assigned', 'picked_up', 'in_transit', 'failed') ORDER BY id;

-- name: SetPriority :execrows
UPDATE deliveries SET priority = sqlc.arg(priority), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND open;

-- name: DeliveryByTracking :one
SELECT * FROM deliveries WHERE tracking = sqlc.arg(tracking);

-- name: InsertTracks :batchexec
INSERT INTO courier_tracks (courier_id, lat, lng, at) VALUES (sqlc.arg(courier_id), sqlc.arg(lat), sqlc.arg(lng), sqlc.arg(at));

-- name: TrackOf :many
SELECT lat, lng, at FROM courier_tracks WHERE courier_id = sqlc.arg(courier_id) AND at >= sqlc.arg(since)::bigint AND at <= sqlc.arg(until)::bigint ORDER BY at LIMIT sqlc.arg(max_rows);

-- name: ForgetTracks :execrows
DELETE FROM courier_tracks WHERE id IN (SELECT t.id FROM courier_tracks AS t WHERE t.at < sqlc.arg(before)::bigint ORDER BY t.at LIMIT sqlc.arg(max_rows));

-- name: DeliveriesOfOrder :many
SELECT * FROM deliveries WHERE order_ref = sqlc.arg(order_ref) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: CashOf :one
SELECT COALESCE(SUM(cash), 0)::bigint FROM deliveries
WHERE courier_id = sqlc.arg(courier_id)::bigint AND currency = sqlc.arg(currency) AND (cash_state = 'carried' OR state IN ('assigned', 'picked_up', 'in_transit', 'failed'));

-- name: SettleCash :execrows
UPDATE deliveries SET cash_state = sqlc.arg(cash_state), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND cash_state = 'carried';

-- name: EarnedBy :one
SELECT COUNT(*) AS deliveries, COALESCE(SUM(fee), 0)::bigint AS fees, COALESCE(SUM(earned), 0)::bigint AS earned, COALESCE(SUM(cash), 0)::bigint AS cash FROM deliveries
WHERE courier_id = sqlc.arg(courier_id) AND state = 'delivered' AND currency = sqlc.arg(currency) AND delivered_at >= sqlc.arg(since) AND delivered_at < sqlc.arg(until);

-- name: DoneBy :many
SELECT * FROM deliveries
WHERE courier_id = sqlc.arg(courier_id) AND state = 'delivered' AND currency = sqlc.arg(currency) AND delivered_at >= sqlc.arg(since) AND delivered_at < sqlc.arg(until)
ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: CarriedCash :many
SELECT * FROM deliveries WHERE courier_id = sqlc.arg(courier_id) AND cash_state = 'carried' AND currency = sqlc.arg(currency) ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: LastOfOrders :many
SELECT * FROM deliveries WHERE id IN (SELECT MAX(d.id) FROM deliveries AS d WHERE d.order_ref = ANY(sqlc.arg(orders)::text[]) GROUP BY d.order_ref);

-- name: LiveOfOrder :many
SELECT * FROM deliveries WHERE order_ref = sqlc.arg(order_ref) AND (open OR state = 'delivered') ORDER BY id;

-- name: LiveOfOrders :many
SELECT * FROM deliveries WHERE order_ref = ANY(sqlc.arg(orders)::text[]) AND (open OR state = 'delivered') ORDER BY order_ref, id LIMIT sqlc.arg(max_rows);

-- name: PickedOfOrder :one
SELECT COUNT(*) FROM deliveries WHERE order_ref = sqlc.arg(order_ref) AND picked_up_at IS NOT NULL;

-- name: InsertLines :batchexec
INSERT INTO delivery_lines (delivery_id, line, title, quantity) VALUES (sqlc.arg(delivery_id), sqlc.arg(line), sqlc.arg(title), sqlc.arg(quantity));

-- name: LinesOf :many
SELECT * FROM delivery_lines WHERE delivery_id = ANY(sqlc.arg(deliveries)::bigint[]) ORDER BY delivery_id, id;

-- name: CutLine :execrows
UPDATE delivery_lines SET quantity = quantity - sqlc.arg(units)::bigint WHERE id = sqlc.arg(id) AND quantity >= sqlc.arg(units)::bigint;

-- name: LinesOut :many
SELECT l.line, COALESCE(SUM(l.quantity), 0)::bigint AS quantity FROM delivery_lines AS l JOIN deliveries AS d ON d.id = l.delivery_id
WHERE d.order_ref = sqlc.arg(order_ref) AND d.id <> sqlc.arg(except_id)::bigint AND d.picked_up_at IS NOT NULL AND (d.open OR d.state = 'delivered') GROUP BY l.line;

-- name: LinesInState :many
SELECT l.line, COALESCE(SUM(l.quantity), 0)::bigint AS quantity FROM delivery_lines AS l JOIN deliveries AS d ON d.id = l.delivery_id
WHERE d.order_ref = sqlc.arg(order_ref) AND d.id <> sqlc.arg(except_id)::bigint AND d.state = sqlc.arg(state) GROUP BY l.line;

-- name: CashOut :one
SELECT COALESCE(SUM(cash), 0)::bigint FROM deliveries
WHERE order_ref = sqlc.arg(order_ref) AND id <> sqlc.arg(except_id)::bigint AND picked_up_at IS NOT NULL AND (open OR state = 'delivered');

-- name: LiveLines :many
SELECT d.order_ref, l.line, COALESCE(SUM(l.quantity), 0)::bigint AS quantity FROM delivery_lines AS l JOIN deliveries AS d ON d.id = l.delivery_id
WHERE d.order_ref = ANY(sqlc.arg(orders)::text[]) AND (d.open OR d.state = 'delivered') GROUP BY d.order_ref, l.line;

-- name: TakenOfOrders :many
SELECT order_ref, COALESCE(SUM(cash) FILTER (WHERE state = 'delivered'), 0)::bigint AS cash, COUNT(*) FILTER (WHERE state = 'delivered') AS arrived, COUNT(*) FILTER (WHERE open) AS under_way
FROM deliveries WHERE order_ref = ANY(sqlc.arg(orders)::text[]) GROUP BY order_ref;
