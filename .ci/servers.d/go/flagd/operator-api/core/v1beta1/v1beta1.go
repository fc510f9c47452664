// Package v1beta1 stands in for the Kubernetes resources of the OpenFeature operator, which the module proxy does not
// serve everywhere. flagd uses them only for its Kubernetes source; tests have no Kubernetes, and here that source
// refuses to start. Everything else of the server is as it was published.
package v1beta1

import (
	"encoding/json"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion names the resources.
var GroupVersion = schema.GroupVersion{Group: "core.openfeature.dev", Version: "v1beta1"}

// AddToScheme refuses: this build has no Kubernetes source.
func AddToScheme(*runtime.Scheme) error {
	return errors.New("this build of flagd, for tests, has no Kubernetes source")
}

// FeatureFlag has what the source would read.
type FeatureFlag struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec struct {
		FlagSpec json.RawMessage `json:"flagSpec,omitempty"`
	} `json:"spec,omitempty"`
}
