// Package api answers machines: whoever watches over the portal, DataPass, the existing
// back-office, and the programs that read which collectivities have the form.
package api
