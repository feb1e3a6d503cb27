// Package clamav asks clamd, the daemon of ClamAV, whether a file holds a virus that it knows
// (PRODUCT.md §4: « ClamAV (clamd INSTREAM) »; the three answers are in
// reference/libraries-measured.md, clamd).
//
// A file goes through one TCP connection of its own: the command INSTREAM, the file in chunks
// preceded by their length, a length of zero, then one answer that ends with a NUL. Only the
// exact answer to a whole file clears it; whatever else happens, the file is not scanned and
// whoever asked decides when to ask again. The words of an answer appear in no error.
package clamav
