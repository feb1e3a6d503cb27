package hubee

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// order sorts a list by the orderBy parameter: column, asc(column) or desc(column).
func order[T any](c *call, rows []T, columns map[string]func(T) string) error {
	wanted := c.query.Get("orderBy")
	if wanted == "" {
		return nil
	}
	match := orderPattern.FindStringSubmatch(wanted)
	if match == nil {
		return badRequest()
	}
	column, known := columns[match[2]+match[3]]
	if !known {
		return badRequest()
	}
	slices.SortStableFunc(rows, func(a, b T) int {
		if match[1] == "desc" {
			a, b = b, a
		}
		return cmp.Compare(column(a), column(b))
	})
	return nil
}

// page cuts a list by offSet and maxResult (25 by default) and says where it is, as in
// "Susbscriptions 0-24/100".
func page[T any](c *call, rows []T, title string) answer {
	total := len(rows)
	start := min(max(0, integer(c, "offSet", 0)), total)
	end := min(start+max(0, integer(c, "maxResult", 25)), total)
	return answer{
		status: http.StatusOK, body: rows[start:end],
		header: map[string]string{"Content-Range": fmt.Sprintf("%s %d-%d/%d", title, start, max(start, end-1), total)},
	}
}

// integer reads a query parameter whose type was checked at the gateway.
func integer(c *call, name string, usual int) int {
	value, err := strconv.Atoi(c.query.Get(name))
	if err != nil {
		return usual
	}
	return value
}
