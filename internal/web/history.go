package web

import (
	"slices"

	"portail-qf/internal/domain/audit"
)

// ofModification are the acts that are about a modification once something is granted: the
// request itself is neither deposited nor decided again.
var ofModification = map[audit.Act]bool{
	audit.RequestFiled: true, audit.RequestReturned: true, audit.HabilitationApproved: true, audit.HabilitationRefused: true,
}

// grants are the acts after which a request is known to be granted.
var grants = map[audit.Act]bool{
	audit.HabilitationApproved: true, audit.HabilitationAdopted: true, audit.RequestReopened: true,
	audit.HabilitationSuspended: true, audit.HabilitationRestored: true,
}

// ActCodes gives the codes of the words of the acts of one request, newest first as the journal
// lists them: a refused modification is no refused request. What came before the oldest of them
// is not known.
func ActCodes(entries []audit.Entry) []string {
	codes, granted := make([]string, len(entries)), false
	for i, entry := range slices.Backward(entries) {
		codes[i] = "audit." + string(entry.Act)
		if granted && ofModification[entry.Act] {
			codes[i] = "audit.modification." + string(entry.Act)
		}
		granted = granted || grants[entry.Act]
	}
	return codes
}
