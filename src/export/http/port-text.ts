import type { MetricsServer } from './scrape-server.js'

/**
 * Returns the addresses of a metrics port for a log line: `page at http://127.0.0.1:9464/; metrics at
 * http://127.0.0.1:9464/metrics`.
 */
export function portText({ url, pageUrl }: Pick<MetricsServer, 'url' | 'pageUrl'>): string {
  return `${pageUrl === undefined ? '' : `page at ${pageUrl}; `}metrics at ${url}`
}
