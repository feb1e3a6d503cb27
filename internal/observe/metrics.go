package observe

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the counters of one instance.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	orders   *prometheus.HistogramVec
	partners *prometheus.HistogramVec
	concerns *prometheus.CounterVec
	stuck    *prometheus.CounterVec
	webhook  *prometheus.CounterVec
}

// scrapeTimeout bounds the question to the database during a scrape.
const scrapeTimeout = 3 * time.Second

// New makes the metrics. oldest returns when the oldest undelivered dossier was recorded,
// the zero time for none: its age is what to alert on, rather than on errors
// (users-reliability-security.md B.2). missed tells that the reminders of a day were not
// recorded.
func New(oldest func(context.Context) (time.Time, error), missed func(context.Context) (bool, error), now func() time.Time, log *slog.Logger) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: histogram("http_request_seconds", "Time to answer a request.", "route", "status"),
		orders:   histogram("outbox_order_seconds", "Time to carry out an order of the outbox.", "kind", "outcome"),
		partners: histogram("partner_call_seconds", "Time of a call to an external system.", "partner", "operation", "outcome"),
		concerns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dossiers_not_delivered_total", Help: "Dossiers that ended otherwise than delivered.",
		}, []string{"state"}),
		stuck: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "subscriptions_stuck_total", Help: "Subscriptions at HubEE that needed somebody, by the code of their failure.",
		}, []string{"code"}),
		webhook: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "datapass_events_total", Help: "Events of DataPass, by what became of them.",
		}, []string{"state"}),
	}
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "outbox_oldest_delivery_seconds", Help: "Age of the oldest dossier that is not delivered yet.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		since, err := oldest(ctx)
		if err != nil {
			log.Warn("age of the outbox unknown", "error", err)
			return -1
		}
		if since.IsZero() {
			return 0
		}
		return max(0, now().Sub(since).Seconds())
	})
	late := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "reminders_missed", Help: "1 when the reminders of the last day were not recorded, -1 when nobody knows.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		switch isMissed, err := missed(ctx); {
		case err != nil:
			log.Warn("last run of the reminders unknown", "error", err)
			return -1
		case isMissed:
			return 1
		}
		return 0
	})
	m.registry.MustRegister(late, m.requests, m.orders, m.partners, m.concerns, m.stuck, m.webhook, age, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: []float64{.005, .01, .025, .05, .1, .3, 1, 3, 10, 30},
	}, labels)
}

// Handler serves the metrics, on a listener of its own.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Request notes an answer.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Order notes a try at an order of the outbox.
func (m *Metrics) Order(kind, outcome string, took time.Duration) {
	m.orders.WithLabelValues(kind, outcome).Observe(took.Seconds())
}

// Concern notes a dossier that was not delivered.
func (m *Metrics) Concern(state string) { m.concerns.WithLabelValues(state).Inc() }

// Stuck notes a subscription that needs somebody.
func (m *Metrics) Stuck(code string) { m.stuck.WithLabelValues(code).Inc() }

// Event notes an event of DataPass.
func (m *Metrics) Event(state string) { m.webhook.WithLabelValues(state).Inc() }

// Partner returns what notes the calls to one external system.
func (m *Metrics) Partner(name string) func(operation, outcome string, took time.Duration) {
	return func(operation, outcome string, took time.Duration) {
		m.partners.WithLabelValues(name, operation, outcome).Observe(took.Seconds())
	}
}
