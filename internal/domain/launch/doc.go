// Package launch tells an editor how far its software is from serving its first town: the
// steps of the editors' guide, each ticked by a fact that the portal knows and by nothing
// that anybody says.
//
// It decides nothing. Where a fact is kept is the business of a Source: there may be several,
// so that what is built later joins the list without changing it.
package launch
