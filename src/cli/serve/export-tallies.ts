import type { ExportedSamples } from '../../export/contract.js'
import type { SampleFamily } from '../../model/family.js'
import { exportFamilies } from '../../runtime/exporters/export-metrics.js'

/** Counts the exports of a process without metrics, and shows them as families. */
export class ExportTallies {
  private readonly byExporter = new Map<string, Tally>()

  count(exporter: string, result: 'ok' | 'failed', sent?: ExportedSamples): void {
    let tally = this.byExporter.get(exporter)
    if (tally === undefined) this.byExporter.set(exporter, (tally = { ok: 0, failed: 0, samples: 0, dropped: 0 }))
    tally[result]++
    if (sent === undefined) return
    tally.samples += sent.samples
    tally.dropped += sent.dropped ?? 0
    tally.success = Date.now() / 1000
  }

  families(): readonly SampleFamily[] {
    const all = [...this.byExporter]
    if (all.length === 0) return []
    const { exports, samples, dropped, success } = exportFamilies
    const results = all.flatMap(([exporter, { ok, failed }]) => [
      { name: exports.name, labels: { exporter, result: 'failed' }, value: failed },
      { name: exports.name, labels: { exporter, result: 'ok' }, value: ok },
    ])
    const each = ({ name }: { readonly name: string }, value: (tally: Tally) => number | undefined) =>
      all.flatMap(([exporter, tally]) => {
        const shown = value(tally)
        return shown === undefined ? [] : [{ name, labels: { exporter }, value: shown }]
      })
    return [
      { ...exports, type: 'counter', samples: results },
      { ...samples, type: 'counter', samples: each(samples, (tally) => tally.samples) },
      { ...dropped, type: 'counter', samples: each(dropped, (tally) => tally.dropped) },
      { ...success, type: 'gauge', samples: each(success, (tally) => tally.success) },
    ]
  }
}

interface Tally {
  ok: number
  failed: number
  samples: number
  dropped: number
  success?: number
}
