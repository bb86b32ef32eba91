// Package plain turns vendors' texts into plain text and ours into pieces of a size:
// [Split] cuts at rune borders, [FromHTML] reads what an agent's editor wrote.
package plain
