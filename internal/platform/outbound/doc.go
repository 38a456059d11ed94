// Package outbound fetches what a person named by an address.
//
// It owns: which addresses on the network may be spoken to, and how much time, how many bytes and how many turns a fetch
// may take. It does not own what is done with what came (picture looks at it anew), nor talk to services that the
// operator chose himself, such as a mail server.
//
// What always holds: the address that is checked is the one that is connected to, at each turn anew, so a name that
// means something else a moment later is of no use; nothing but public addresses at ports 80 and 443 is reached; no proxy
// of the environment, no cookies, no credentials, no compression. The one way round is a list for tests.
package outbound
