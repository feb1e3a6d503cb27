package renewals

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

const (
	paramMonth  = "mois"
	monthFormat = "2006-01"
)

// calendar foresees the reminders, by month or, of one month, by day.
func (h *Handler) calendar(c *gin.Context) error {
	by := h.reader(c)
	days, err := h.Watch.Calendar(c.Request.Context(), by.Editor)
	if err != nil {
		return err
	}
	month, err := time.Parse(monthFormat, c.Query(paramMonth))
	if err != nil {
		month = time.Time{}
	}
	return h.Views.calendar.Write(c.Writer, http.StatusOK, newCalendarPage(h.Frame(c), days, month, by))
}

// dayListing is the list of the tokens of a day.
func dayListing(root string, day time.Time) web.Listing {
	return web.Listing{Path: root + calendarPart + "/" + value.InParis(day).Format(time.DateOnly)}
}

// day lists the tokens that are reminded of on a day. Code: renewal.no_day (NotFound).
func (h *Handler) day(c *gin.Context) error {
	date, err := time.Parse(time.DateOnly, c.Param("jour"))
	if err != nil {
		return fault.Because(fault.NotFound, "renewal.no_day", err)
	}
	day, by := value.DayBegins(date.Year(), date.Month(), date.Day()), h.reader(c)
	asked := dayListing(by.Root, day).Read(c.Request.URL.Query())
	found, total, err := h.Watch.Planned(c.Request.Context(), day, asked.Offset(), asked.Limit())
	if err != nil {
		return err
	}
	return h.Views.day.Write(c.Writer, http.StatusOK, newDayPage(h.Frame(c), day, asked.List(total), found, by, h.moment()))
}

// funnel tells what became of the expiries of the last months and, but for an editor, which
// modifications were not decided in time.
func (h *Handler) funnel(c *gin.Context) error {
	ctx, by := c.Request.Context(), h.reader(c)
	months, err := h.Watch.Funnel(ctx, by.Editor)
	if err != nil {
		return err
	}
	var held renewal.Held
	if by.Editor == "" {
		if held, err = h.Watch.Held(ctx); err != nil {
			return err
		}
	}
	return h.Views.funnel.Write(c.Writer, http.StatusOK, newFunnelPage(h.Frame(c), months, held, by, h.moment()))
}

// stageCode is the code of the words of a stage.
func stageCode(stage renewal.Stage) string { return stageCodes[stage] }

var stageCodes = map[renewal.Stage]string{
	90: "renewal.stage.90", 60: "renewal.stage.60", 30: "renewal.stage.30", 15: "renewal.stage.15", 7: "renewal.stage.7", 0: "renewal.stage.0",
	-7: "renewal.stage.after_7", -30: "renewal.stage.after_30",
}
