package lint

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/releaseutil"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

const chartDir = "deploy/helm/zhida"

// cluster is the database that values without one lack.
var cluster = map[string]any{"database": map[string]any{"existingSecret": "pg"}, "masterKey": map[string]any{"existingSecret": "master"}}

func load(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(filepath.Join(root, chartDir))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// render renders the chart; the error is what helm would tell.
func render(t *testing.T, values map[string]any) (map[string]string, error) {
	t.Helper()
	c := load(t)
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, err
	}
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = chartutil.KubeVersion{Version: "v1.33.0", Major: "1", Minor: "33"}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "zhida", Namespace: "support"}, caps)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}

// objects renders the chart and reads every manifest with the types of the Kubernetes API:
// an unknown or doubled field is an error.
func objects(t *testing.T, values map[string]any) []runtime.Object {
	t.Helper()
	files, err := render(t, values)
	if err != nil {
		t.Fatal(err)
	}
	strict := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	var list []runtime.Object
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			if !strings.Contains(files[name], "zhida") {
				t.Errorf("the notes: %q", files[name])
			}
			continue
		}
		for _, text := range releaseutil.SplitManifests(files[name]) {
			if strings.TrimSpace(text) == "" {
				continue
			}
			switch {
			case strings.Contains(text, "kind: ServiceMonitor"):
				strictly(t, text, new(monitoring.ServiceMonitor))
			case strings.Contains(text, "kind: PrometheusRule"):
				rule := new(monitoring.PrometheusRule)
				strictly(t, text, rule)
				if len(rule.Spec.Groups) == 0 || len(rule.Spec.Groups[0].Rules) < 8 {
					t.Errorf("the rules: %s", text)
				}
			default:
				o, _, err := strict.Decode([]byte(text), nil, nil)
				if err != nil {
					t.Errorf("%s: %v\n%s", name, err, text)
					continue
				}
				list = append(list, o)
			}
		}
	}
	return list
}

func strictly(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// find returns the object of a type.
func find[T runtime.Object](list []runtime.Object) (found T) {
	for _, o := range list {
		if v, ok := o.(T); ok {
			return v
		}
	}
	return found
}

// TestHelmLint: helm lint has nothing to say.
func TestHelmLint(t *testing.T) {
	result := lint.AllWithKubeVersionAndSchemaValidation(filepath.Join(root, chartDir), cluster, "support",
		&chartutil.KubeVersion{Version: "v1.33.0", Major: "1", Minor: "33"}, false)
	for _, m := range result.Messages {
		if m.Severity >= support.WarningSev {
			t.Error(m)
		}
	}
}

// TestCluster: several nodes on PostgreSQL.
func TestCluster(t *testing.T) {
	list := objects(t, cluster)
	d, budget := find[*appsv1.Deployment](list), find[*policyv1.PodDisruptionBudget](list)
	if d == nil || budget == nil || find[*corev1.Service](list) == nil || find[*corev1.PersistentVolumeClaim](list) != nil {
		t.Fatalf("%v", list)
	}
	if *d.Spec.Replicas != 2 || d.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType {
		t.Errorf("%+v", d.Spec)
	}
	if budget.Spec.MaxUnavailable.IntValue() != 1 || !maps.Equal(budget.Spec.Selector.MatchLabels, d.Spec.Selector.MatchLabels) {
		t.Errorf("the budget: %+v", budget.Spec)
	}
	for name, value := range d.Spec.Selector.MatchLabels {
		if d.Spec.Template.Labels[name] != value {
			t.Errorf("the pods lack the label %s", name)
		}
	}
	pod := d.Spec.Template.Spec
	c := pod.Containers[0]
	if c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.StartupProbe == nil ||
		c.Lifecycle.PreStop.Sleep.Seconds != 3 {
		t.Errorf("the probes: %+v", c)
	}
	if !*pod.SecurityContext.RunAsNonRoot || !*c.SecurityContext.ReadOnlyRootFilesystem || *c.SecurityContext.AllowPrivilegeEscalation ||
		!slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Error("the container has rights that it does not need")
	}
	env := map[string]corev1.EnvVar{}
	for _, v := range c.Env {
		env[v.Name] = v
		known(t, "the chart", v.Name)
	}
	if from := env["ZHIDA_DATABASE_URL"].ValueFrom; from == nil || from.SecretKeyRef.Name != "pg" {
		t.Errorf("the database: %+v", env)
	}
	if from := env["ZHIDA_MASTER_KEY"].ValueFrom; from == nil || from.SecretKeyRef.Name != "master" {
		t.Errorf("the master key: %+v", env)
	}
}

// TestSingle: one node with SQLite on a volume.
func TestSingle(t *testing.T) {
	list := objects(t, map[string]any{"replicaCount": 1, "config": map[string]any{"limits": map[string]any{"depth": 32}}, "publicUrl": "https://zhida.example.com"})
	d, volume := find[*appsv1.Deployment](list), find[*corev1.PersistentVolumeClaim](list)
	if d == nil || volume == nil || *d.Spec.Replicas != 1 || d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		t.Fatalf("%v", list)
	}
	if d.Spec.Template.Spec.Volumes[0].PersistentVolumeClaim.ClaimName != volume.Name {
		t.Errorf("the volume: %+v", d.Spec.Template.Spec.Volumes)
	}
	if c := find[*corev1.ConfigMap](list); c == nil || !strings.Contains(c.Data["zhida.yaml"], "depth: 32") {
		t.Errorf("the config file: %+v", c)
	}
}

// TestEverything: all that can be turned on.
func TestEverything(t *testing.T) {
	values := maps.Clone(cluster)
	values["trustedProxies"] = "10.0.0.0/8"
	on := map[string]any{"enabled": true}
	maps.Copy(values, map[string]any{"ingress": map[string]any{"enabled": true, "tlsSecret": "tls", "className": "nginx"}, "autoscaling": on,
		"serviceMonitor": on, "prometheusRule": on, "grafanaDashboard": on, "initialAdminKey": map[string]any{"existingSecret": "first"},
		"extraEnv":         []any{map[string]any{"name": "ZHIDA_LOG_LEVEL", "value": "debug"}},
		"imagePullSecrets": []any{map[string]any{"name": "pull"}}, "nodeSelector": map[string]any{"disk": "ssd"},
		"podAnnotations": map[string]any{"a": "b"}, "tolerations": []any{map[string]any{"key": "x", "operator": "Exists"}}})
	list := objects(t, values)
	if len(list) != 7 { // deployment, service, account, budget, ingress, autoscaler, dashboard
		t.Errorf("%d objects: %v", len(list), list)
	}
	d := find[*appsv1.Deployment](list)
	if d.Spec.Replicas != nil {
		t.Error("the number of nodes is the autoscaler's")
	}
	if env := d.Spec.Template.Spec.Containers[0].Env; !slices.ContainsFunc(env, func(v corev1.EnvVar) bool {
		return v.Name == "ZHIDA_TRUSTED_PROXIES" && v.Value == "10.0.0.0/8"
	}) {
		t.Errorf("nobody is told of the proxies: %v", env)
	}
}

// TestRefused: values that cannot be are refused with a word on what to do.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		values map[string]any
		want   string
	}{
		"two nodes without a database":  {map[string]any{}, "replicaCount=1"},
		"a database without master key": {map[string]any{"database": map[string]any{"existingSecret": "pg"}}, "masterKey.existingSecret"},
		"a misspelt value":              {map[string]any{"replicas": 2}, "replicas"},
		"a wrong type":                  {map[string]any{"replicaCount": "two"}, "replicaCount"},
		"autoscaling without database":  {map[string]any{"replicaCount": 1, "autoscaling": map[string]any{"enabled": true}}, "PostgreSQL"},
	} {
		if _, err := render(t, c.values); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
