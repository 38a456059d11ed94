// Package draw makes the pictures of the demo's products: flat drawings of what the thing is, in colours of its own,
// the same for the same title at every time. They are drawn by the program, so the demo ships no picture and needs no
// network.
package draw
