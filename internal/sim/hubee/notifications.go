package hubee

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// notification is one line of a queue; the event's status is read when the queue is.
type notification struct {
	Notification
	event *event // nil: a new case
	owner *folder
}

func (n *notification) belongsTo(f *folder) bool { return n.owner == f }

// visibleTo tells whether the queue of this token holds the notification: a depositor has
// one queue for all its processes, a town one per process (reference/hubee.md §7).
func (n *notification) visibleTo(g grant) bool {
	return n.Recipient == g.organization && (g.process == "" || n.ProcessCode == g.process)
}

// detailedNotification is the form asked for by eventDetails=true.
type detailedNotification struct {
	Notification
	EventActionType *string `json:"eventActionType"`
	EventStatus     *string `json:"eventStatus"`
}

func (n *notification) detailed() detailedNotification {
	d := detailedNotification{Notification: n.Notification}
	if n.event != nil {
		action, status := n.event.ActionType, n.event.Status
		d.EventActionType, d.EventStatus = &action, &status
	}
	return d
}

// notify queues a notification about a case, or about one of its events.
func (s *Server) notify(k *caseRecord, about *event, from, to OrganizationID, now time.Time) {
	n := &notification{owner: k.folder, event: about, Notification: Notification{
		ProcessCode: k.folder.ProcessCode, CaseID: k.ID, DateTime: Timestamp{now}, Recipient: to, Transmitter: from,
	}}
	s.enqueue(n)
}

func (s *Server) enqueue(n *notification) {
	n.ID = newUUID()
	if n.event != nil {
		n.EventID = &n.event.ID
	}
	s.notifications[n.ID] = n
	s.queues[n.Recipient] = append(s.queues[n.Recipient], n)
}

func (s *Server) removeNotifications(unwanted func(*notification) bool) {
	for recipient, queue := range s.queues {
		s.queues[recipient] = slices.DeleteFunc(queue, func(n *notification) bool {
			if unwanted(n) {
				delete(s.notifications, n.ID)
				return true
			}
			return false
		})
	}
}

// listNotifications serves GET /notifications. There is no offset: a reader advances by
// deleting (reference/hubee.md §7).
func (s *Server) listNotifications(c *call) (answer, error) {
	size := 25
	if wanted := c.query.Get("maxResult"); wanted != "" {
		number, _ := strconv.ParseFloat(wanted, 64) // checked at the gateway
		size = int(max(0, min(number, 1e6)))
	}
	processes := c.query["processCode"]
	var queue []*notification
	for _, n := range s.queues[c.grant.organization] {
		if n.visibleTo(c.grant) && (len(processes) == 0 || slices.Contains(processes, n.ProcessCode)) {
			queue = append(queue, n)
		}
	}
	if first := c.query["processPriority"]; len(first) > 0 {
		slices.SortStableFunc(queue, func(a, b *notification) int {
			return precedence(first, a) - precedence(first, b)
		})
	}
	queue = queue[:min(size, len(queue))]
	if c.query.Get("eventDetails") == "true" {
		lines := make([]detailedNotification, 0)
		for _, n := range queue {
			lines = append(lines, n.detailed())
		}
		return answer{status: http.StatusOK, body: lines}, nil
	}
	lines := make([]Notification, 0)
	for _, n := range queue {
		lines = append(lines, n.Notification)
	}
	return answer{status: http.StatusOK, body: lines}, nil
}

func precedence(first []string, n *notification) int {
	if slices.Contains(first, n.ProcessCode) {
		return 0
	}
	return 1
}

func (s *Server) deleteNotification(c *call) (answer, error) {
	n, found := s.notifications[c.id("notificationId")]
	if !found {
		return answer{}, notFound("Notification is not found")
	}
	if c.grant.scope != ScopeAdmin && !n.visibleTo(c.grant) {
		return answer{}, unauthorizedUser()
	}
	delete(s.notifications, n.ID)
	s.queues[n.Recipient] = slices.DeleteFunc(s.queues[n.Recipient], func(other *notification) bool { return other == n })
	return noContent(), nil
}
