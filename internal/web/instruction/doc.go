// Package instruction is the space of the instructors. There is nothing to instruct yet:
// its home page says so, with the figures that there are. The French is in
// templates/pages/instruction.
package instruction
