package hubee

// Statuses of folders and cases that the simulator itself sets or looks at.
const (
	statusReceived  = "HUBEE_RECEIVED"
	statusCompleted = "HUBEE_COMPLETED"
	statusNotified  = "HUBEE_NOTIFIED"
	statusClosed    = "CLOSED"
)

// statusRanks lists every status (reference/hubee.md §6.1) and how far it is in the life
// of a case. Skips are normal; going back is refused to a town in strict mode only.
var statusRanks = map[string]int{
	statusReceived: 0, statusCompleted: 1, statusNotified: 2,
	"SENT": 3, "SI_RECEIVED": 4, "IN_PROGRESS": 5, "ADD_AWAITING": 5,
	"REFUSED": 6, "DONE": 6, "SI_INTG_ERROR": 6,
	statusClosed: 7, "ARCHIVED": 8,
}

// checkStatus refuses a status outside the list and, in strict mode, a town's step back.
func (s *Server) checkStatus(current, next string, by Scope) error {
	rank, known := statusRanks[next]
	if !known || s.settings.StrictTransitions && by == ScopeSI && rank < statusRanks[current] {
		return badRequest()
	}
	return nil
}
