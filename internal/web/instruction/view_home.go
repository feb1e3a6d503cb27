package instruction

import (
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// homePage is the first page: what waits, and the figures of the service.
type homePage struct {
	web.ProPage
	Waiting        request.Counts
	Oldest         queueRow // of what waits; zero for nothing
	Suspended      int      // habilitations, to be restored or revoked
	Collectivities directory.FormCounts
}
