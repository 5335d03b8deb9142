{{- define "gdhcn.labels" -}}
app.kubernetes.io/name: gdhcn-gateway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
