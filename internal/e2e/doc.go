// Package e2e tells the journeys of the guide from end to end: the whole portal, a real
// PostgreSQL, a strict simulator of each external system over real HTTP, and a clock that
// moves. One file a journey.
package e2e
