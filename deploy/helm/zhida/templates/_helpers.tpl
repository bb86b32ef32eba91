{{- define "zhida.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "zhida.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "zhida.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "zhida.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "zhida.selector" -}}
app.kubernetes.io/name: {{ include "zhida.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "zhida.labels" -}}
{{ include "zhida.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "zhida.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "zhida.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* Values that cannot be together. */}}
{{- define "zhida.check" -}}
{{- $several := or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) }}
{{- if and $several (not .Values.database.existingSecret) }}
{{- fail "more than one node needs PostgreSQL: set database.existingSecret, or replicaCount=1 (多个节点需要 PostgreSQL)" }}
{{- end }}
{{- if and .Values.database.existingSecret (not .Values.masterKey.existingSecret) }}
{{- fail "with a database all nodes need the same master key: set masterKey.existingSecret to a Secret that holds what `zhida admin new-master-key` prints (使用数据库时须设置 masterKey.existingSecret)" }}
{{- end }}
{{- end }}
