// Command build copies from static/node_modules into static/dsfr the part of the French State's design system that the portal
// shows: one stylesheet with its components in their published order, the icons and the three font files that it names, the
// favicons, and the two fonts of the PDF documents.
//
// The stylesheet is a subset because a first view may weigh 200 kB (SETTLED.md, Web), and the whole of the DSFR is 94 kB of compressed style alone.
// What is left out is listed in subset.go and nowhere else; a test of package static fails when a template names a class that
// the DSFR has and the subset lacks.
//
// It runs by "go generate ./static" and uses the standard library only: the demo builds on a machine that has just been set up.
package main
