// Package api answers machines: for now, whoever watches over the portal.
package api
