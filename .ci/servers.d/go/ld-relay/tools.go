//go:build tools

package tools

import _ "github.com/launchdarkly/ld-relay/v8"
