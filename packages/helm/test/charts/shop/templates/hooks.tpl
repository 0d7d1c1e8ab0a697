{{- range $event, $outcome := .Values.hooks }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $.Release.Name }}-{{ $event }}
  annotations:
    helm.sh/hook: {{ $event }}
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: job
          image: {{ if eq $outcome "fails" }}shop/job:broken{{ else }}{{ $.Values.jobImage }}{{ end }}
{{- end }}
