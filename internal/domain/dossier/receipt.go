package dossier

import (
	"time"

	"portail-qf/internal/domain/value"
)

// Receipt is what a citizen keeps of a transmission: nothing personal is in it.
type Receipt struct {
	Reference    value.Reference
	Collectivity string // display name
	RecordedAt   time.Time
	FollowURL    string // where the dossier can be followed
}
