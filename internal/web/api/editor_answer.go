package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/value"
)

// answerKnown answers a reading, or 304 to a program that has the content already. What an
// editor reads is kept by its programs alone, which ask each time whether it still holds.
func answerKnown(c *gin.Context, content any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	digest := sha256.Sum256(body)
	known := isKnown(c, `"`+hex.EncodeToString(digest[:16])+`"`)
	c.Header("Cache-Control", "private, no-cache")
	c.Header("Vary", "Authorization")
	if !known {
		writeJSON(c, body)
	}
	return nil
}

// stamp is a time as programs read it, RFC 3339 with the offset of Paris; nil for none.
func stamp(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	text := value.InParis(at).Format(time.RFC3339)
	return &text
}

// orNull is a text, null for none.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
