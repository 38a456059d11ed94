// Package demo fills a market with believable data, so that somebody who has just started it can look around: stores
// and products, customers with money, two months of orders in every state, and somebody to sign in as for each role.
//
// It owns the content and the story that is played, not how anything is done: every row is made by the rooms' own
// services, one after another in the order of the story's time, on a clock that stands in the past. Whatever haat
// verify asks of a market holds here too.
//
// What always holds:
//   - Only an empty market is filled. One that was filled here is known by its log and is left as it is; every other
//     one is refused.
//   - The same content and the same story come every time; ids, and times below a few minutes, differ.
//   - Nothing is sent: no mail is made, and no job is left over.
package demo
