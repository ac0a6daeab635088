import type { CertificateExpiry, PortEvents } from '../export/http/port-events.js'
import { expiryFamily } from '../instrument/port/port-metrics.js'
import type { MetricsError } from '../model/errors.js'
import type { SampleFamily } from '../model/family.js'

/** Shows the events of a metrics port as families, for a process without metrics. */
export class PortFamilies implements PortEvents {
  private readonly refusals = new Map<string, number>()
  private inUse: readonly CertificateExpiry[] = []

  constructor(readonly onError: (error: MetricsError) => void) {}

  refused(reason: string, count: number): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + count)
  }

  certificates(inUse: readonly CertificateExpiry[]): void {
    this.inUse = inUse
  }

  families(): readonly SampleFamily[] {
    const families: SampleFamily[] = []
    if (this.refusals.size > 0) {
      const name = 'promhive_serve_scrapes_refused_total'
      const samples = [...this.refusals].sort().map(([reason, value]) => ({ name, labels: { reason }, value }))
      families.push({
        name,
        help: 'Scrapes that promhive serve refused or cut off, by reason.',
        type: 'counter',
        samples,
      })
    }
    if (this.inUse.length > 0) families.push(sampleFamilyOf(expiryFamily(this.inUse)))
    return families
  }
}

function sampleFamilyOf({ name, help, type, values }: ReturnType<typeof expiryFamily>): SampleFamily {
  const samples = values.map(({ labels = {}, value }) => ({ name, labels: labels as Record<string, string>, value }))
  return { name, help, type, samples }
}
