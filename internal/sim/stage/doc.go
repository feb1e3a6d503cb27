// Package stage sets the simulators up together, as the demo and the end-to-end tests need
// them: the same towns at HubEE and in the company register, the same families at
// FranceConnect and API Particulier, each party registered with the others.
package stage
