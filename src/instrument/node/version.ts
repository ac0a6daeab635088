import type { RuntimeMetrics } from './runtime-metrics.js'

export function version(metrics: RuntimeMetrics): void {
  const [major = '', minor = '', patch = ''] = process.versions.node.split('.')
  metrics.gauge({
    name: 'nodejs_version_info',
    help: 'Node.js version info.',
    labelNames: ['version', 'major', 'minor', 'patch'],
    // One line per version: while a new one is rolled out both are shown, and neither is counted.
    mode: 'livemax',
    read: () => [{ labels: { version: process.version, major, minor, patch }, value: 1 }],
  })
}
