// Package config reads the environment once, at start, into one checked struct. Every
// fault is reported at the same time, so that an operator mends them in one go. Secrets
// print as three stars.
package config
