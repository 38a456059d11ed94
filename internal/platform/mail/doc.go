// Package mail hands one plain-text message to one person: to an SMTP server,
// or to a file where none is configured.
//
// It owns the form of the message and the delivery to the first server. It does
// not own what is written to whom, nor trying again: a job does that, and asks
// ErrRejected whether there is any point.
//
// What always holds: no text of a message can become a header or a second
// recipient; passwords go over an encrypted connection or to the machine
// itself; neither the log nor an error names the recipient, the subject or the
// text, because messages carry sign-in links; a message that the server took
// is never reported as failed.
package mail
