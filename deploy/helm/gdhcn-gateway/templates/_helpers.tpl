{{- define "gdhcn.labels" -}}
app.kubernetes.io/name: gdhcn-gateway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* A value as TOML. Texts, numbers and truth values are written as in JSON; Helm's toToml makes 100.0
     of the 100 in a file of values, which is no whole number to the gateway. */}}
{{- define "gdhcn.toml" -}}
{{- if kindIs "map" . -}}
{{- $members := list -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $members = append $members (printf "%s = %s" (toJson $key) (include "gdhcn.toml" $value)) -}}
{{- end -}}
{{- end -}}
{{- printf "{ %s }" (join ", " $members) -}}
{{- else if kindIs "slice" . -}}
{{- $items := list -}}
{{- range . -}}{{- $items = append $items (include "gdhcn.toml" .) -}}{{- end -}}
{{- printf "[%s]" (join ", " $items) -}}
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}

{{/* Refuses a file of the configuration that is not mounted. Takes a list: values, key, path. */}}
{{- define "gdhcn.isMounted" -}}
{{- $values := index . 0 -}}
{{- $path := index . 2 | default "" | trimPrefix "/etc/gdhcn/" -}}
{{- $folder := dir $path -}}
{{- if not (or (has $folder (list "tls" "anchor")) (hasKey $values.files $folder)) -}}
{{- fail (printf "%s is %q: name the secret with this file in `files`, as `files: { FOLDER: SECRET }`, and the file as FOLDER/KEY" (index . 1) (index . 2)) -}}
{{- end -}}
{{- end -}}

{{/* Refuses a configuration that names files or folders which the pod would not have. */}}
{{- define "gdhcn.checkFiles" -}}
{{- $config := .Values.config -}}
{{- with $config.log -}}{{- include "gdhcn.isMounted" (list $.Values "config.log.key" .key) -}}{{- end -}}
{{- range ($config.onboarding | default dict).operators -}}
{{- include "gdhcn.isMounted" (list $.Values "a key of config.onboarding.operators" .key) -}}
{{- end -}}
{{- range ($config.federation | default dict).clients -}}
{{- include "gdhcn.isMounted" (list $.Values "a certificate of config.federation.clients" .certificate) -}}
{{- include "gdhcn.isMounted" (list $.Values "a key of config.federation.clients" .key) -}}
{{- end -}}
{{- with $config.did -}}
{{- include "gdhcn.isMounted" (list $.Values "config.did.signing_key" .signing_key) -}}
{{- $path := (.target | default dict).path | default "" -}}
{{- $onData := and (empty $.Values.database.urlSecret) (hasPrefix "/var/lib/gdhcn/" $path) -}}
{{- $onClaim := and $.Values.listsClaim (hasPrefix "/srv/lists/" $path) -}}
{{- if not (or $onData $onClaim) -}}
{{- fail (printf "config.did.target.path is %q: set `listsClaim` and put it below /srv/lists/, which is the place that the gateway can write to" $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}
