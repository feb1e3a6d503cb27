// Command portal is the portal in production: it serves it, migrates its database, runs a
// job by hand, imports collectivities and request forms. Its configuration is the environment
// (README).
package main
