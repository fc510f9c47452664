// Package stackdriver stands in for the relay's exporter to Google Cloud, which the module proxy does not serve
// everywhere. It exports nothing: tests have no Google Cloud, and the relay makes one only if its configuration asks.
package stackdriver

import (
	"errors"

	"go.opencensus.io/stats/view"
	"go.opencensus.io/trace"
)

// Options are the fields that the relay fills in.
type Options struct{ MetricPrefix, ProjectID string }

// Exporter never exists: NewExporter refuses.
type Exporter struct{}

// NewExporter says that this build has none.
func NewExporter(Options) (*Exporter, error) {
	return nil, errors.New("this build of the relay, for tests, has no Stackdriver exporter")
}

// ExportView drops the view.
func (*Exporter) ExportView(*view.Data) {}

// ExportSpan drops the span.
func (*Exporter) ExportSpan(*trace.SpanData) {}
