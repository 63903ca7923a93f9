{{- define "readout.labels" -}}
app.kubernetes.io/name: readout
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "readout.pod" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
automountServiceAccountToken: false
# Else a Service's name makes READOUT_… variables that are none of ours.
enableServiceLinks: false
terminationGracePeriodSeconds: 30
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  - name: data
    persistentVolumeClaim:
      claimName: {{ .Release.Name }}-readout
  {{- if .Values.settingsSecret }}
  - name: settings
    secret:
      secretName: {{ .Values.settingsSecret }}
      defaultMode: 0440
  {{- end }}
  {{- range .Values.fileSecrets }}
  - name: secret-{{ . }}
    secret:
      secretName: {{ . }}
      defaultMode: 0440
  {{- end }}
  {{- if .Values.mappings }}
  - name: mappings
    configMap:
      name: {{ .Release.Name }}-readout-mappings
      items:
        {{- range $path, $text := .Values.mappings }}
        - key: {{ $path | replace "/" "__" }}
          path: {{ $path }}
        {{- end }}
  {{- end }}
{{- end }}

{{- define "readout.annotations" -}}
checksum/mappings: {{ toJson .Values.mappings | sha256sum }}
prometheus.io/scrape: "true"
prometheus.io/port: "8765"
prometheus.io/path: /metrics
{{- end }}

{{- define "readout.container" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  - name: READOUT_NODE_ID
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: READOUT_MLLP_HOST
    value: "0.0.0.0"
  - name: READOUT_HTTP_HOST
    value: "0.0.0.0"
  - name: READOUT_MONITOR_HOST  # of workers
    value: "0.0.0.0"
  {{- if .Values.access.issuer }}
  - name: READOUT_AUTH_ISSUER
    value: {{ .Values.access.issuer | quote }}
  - name: READOUT_AUTH_AUDIENCE
    value: {{ .Values.access.audience | quote }}
  - name: READOUT_HTTP_WITHOUT_TLS  # the ingress before it speaks TLS
    value: "true"
  {{- else }}
  - name: READOUT_HTTP_WITHOUT_TOKENS
    value: {{ .Values.access.behindProxy | quote }}
  {{- end }}
  {{- if .Values.settingsSecret }}
  - name: READOUT_CONFIG
    value: /etc/readout/settings/readout.toml
  {{- end }}
  {{- if .Values.mappings }}
  - name: READOUT_MAPPINGS_DIR
    value: /etc/readout/mappings
  {{- end }}
  {{- range $name, $value := .Values.settings }}
  - name: READOUT_{{ $name }}
    value: {{ $value | quote }}
  {{- end }}
{{- with .Values.environmentSecrets }}
envFrom:
  {{- range . }}
  - secretRef:
      name: {{ . }}
  {{- end }}
{{- end }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: data
    mountPath: /var/lib/readout
  {{- if .Values.settingsSecret }}
  - name: settings
    mountPath: /etc/readout/settings
    readOnly: true
  {{- end }}
  {{- range .Values.fileSecrets }}
  - name: secret-{{ . }}
    mountPath: /etc/readout/secrets/{{ . }}
    readOnly: true
  {{- end }}
  {{- if .Values.mappings }}
  - name: mappings
    mountPath: /etc/readout/mappings
    readOnly: true
  {{- end }}
resources:
  requests:
    {{- toYaml .Values.resources.requests | nindent 4 }}
  limits:
    {{- toYaml .Values.resources.limits | nindent 4 }}
    {{- with .Values.gpu }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
