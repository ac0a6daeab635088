/** A configuration in the docs that `test/docs/settings.test.ts` gives to the program that reads it. */
export interface DocumentedSettings {
  readonly page: string
  readonly start: string
  /** The program: `promhive run`, Prometheus for its configuration or for a rule, nginx. */
  readonly reader: 'promhive' | 'prometheus' | 'rule' | 'query' | 'nginx'
}

export const documentedSettings: readonly DocumentedSettings[] = [
  { page: 'docs/coming-from-uwsgi-flask.md', start: 'server {', reader: 'nginx' },
  { page: 'docs/configuration.md', start: '# promhive.yaml', reader: 'promhive' },
  { page: 'docs/configuration.md', start: 'exporter:', reader: 'promhive' },
  { page: 'docs/default-metrics.md', start: 'sum without', reader: 'query' },
  { page: 'docs/default-metrics.md', start: 'process_resident', reader: 'query' },
  { page: 'docs/default-metrics.md', start: 'sum(rate', reader: 'query' },
  { page: 'docs/exporters.md', start: 'exporters:', reader: 'promhive' },
  { page: 'docs/exporters.md', start: '- alert:', reader: 'rule' },
  { page: 'docs/otlp.md', start: 'exporters:', reader: 'promhive' },
  { page: 'docs/prometheus.md', start: 'scrape_configs:', reader: 'prometheus' },
  { page: 'docs/remote-write.md', start: 'exporters:', reader: 'promhive' },
  { page: 'docs/statsd.md', start: 'exporters:', reader: 'promhive' },
]
