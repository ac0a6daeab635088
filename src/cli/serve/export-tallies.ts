import type { ExportedSamples } from '../../export/contract.js'
import type { SampleFamily } from '../../model/family.js'
import { exportFamilies } from '../../runtime/exporters/export-metrics.js'

/** The names differ from those of the application, whose processes may export as well. */
const [exports, samples, dropped, success] = (['exports', 'samples', 'dropped', 'success'] as const).map((which) => {
  const { name, help } = exportFamilies[which]
  return { name: name.replace(/^promhive_/, 'promhive_serve_'), help }
}) as [OwnFamily, OwnFamily, OwnFamily, OwnFamily]

interface OwnFamily {
  readonly name: string
  readonly help: string
}

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
    if (result === 'ok') tally.success = Date.now() / 1000
  }

  families(): readonly SampleFamily[] {
    const all = [...this.byExporter]
    if (all.length === 0) return []
    const results = all.flatMap(([exporter, { ok, failed }]) => [
      { name: exports.name, labels: { exporter, result: 'failed' }, value: failed },
      { name: exports.name, labels: { exporter, result: 'ok' }, value: ok },
    ])
    const each = ({ name }: OwnFamily, value: (tally: Tally) => number | undefined) =>
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
