import type { ExportedSamples } from '../../export/contract.js'
import type { SampleFamily } from '../../model/family.js'
import type { Lease } from '../../model/lease.js'
import { exportFamilies } from '../../runtime/exporters/export-metrics.js'
import { announcementFamilies, type TargetEvents } from '../../runtime/targets/announcement-metrics.js'

/** The names differ from those of the application, whose processes may export as well. */
function own({ name, help }: OwnFamily): OwnFamily {
  return { name: name.replace(/^promhive_/, 'promhive_serve_'), help }
}

const exports = own(exportFamilies.exports)
const samples = own(exportFamilies.samples)
const dropped = own(exportFamilies.dropped)
const success = own(exportFamilies.success)
const announced = own(announcementFamilies.announced)
const failures = own(announcementFamilies.failures)
const sends = {
  name: 'promhive_serve_exporter_sends',
  help: 'Whether an exporter of promhive serve sends (1), or leaves that to another process, which has the lease (0).',
}

interface OwnFamily {
  readonly name: string
  readonly help: string
}

/** Counts the exports and announcements of a process without metrics, and shows them as families. */
export class ExportTallies implements TargetEvents {
  private readonly byExporter = new Map<string, Tally>()
  /** By the name of the announcement: whether the port is announced, and how often that has failed. */
  private readonly byAnnouncement = new Map<string, { announced: boolean; failures: number }>()

  /** Returns the lease of a task, and shows whether this process has it. */
  watched(task: string, lease: Lease): Lease {
    // The lease of a receiver is called by the exporter and the receiver.
    const tally = this.tallyOf(task.replace(/-.*/, ''))
    tally.sends = false
    return {
      async held() {
        try {
          return (tally.sends = await lease.held())
        } catch (cause) {
          tally.sends = false
          throw cause
        }
      },
      leave() {
        tally.sends = false
        lease.leave()
      },
    }
  }

  set(by: string, isAnnounced: boolean): void {
    this.announcementOf(by).announced = isAnnounced
  }

  failed(by: string): void {
    const announcement = this.announcementOf(by)
    announcement.announced = false
    announcement.failures++
  }

  count(exporter: string, result: 'ok' | 'failed', sent?: ExportedSamples): void {
    const tally = this.tallyOf(exporter)
    tally[result]++
    if (sent === undefined) return
    tally.samples += sent.samples
    tally.dropped += sent.dropped ?? 0
    if (result === 'ok') tally.success = Date.now() / 1000
  }

  families(): readonly SampleFamily[] {
    return [...this.exportFamilies(), ...this.announcementFamilies()]
  }

  private announcementFamilies(): readonly SampleFamily[] {
    const all = [...this.byAnnouncement]
    if (all.length === 0) return []
    const each = ({ name }: OwnFamily, value: 'announced' | 'failures') =>
      all.map(([by, announcement]) => ({ name, labels: { by }, value: Number(announcement[value]) }))
    return [
      { ...announced, type: 'gauge', samples: each(announced, 'announced') },
      { ...failures, type: 'counter', samples: each(failures, 'failures') },
    ]
  }

  private exportFamilies(): readonly SampleFamily[] {
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
      {
        ...sends,
        type: 'gauge',
        samples: each(sends, ({ sends }) => (sends === undefined ? undefined : Number(sends))),
      },
    ]
  }

  private tallyOf(exporter: string): Tally {
    let tally = this.byExporter.get(exporter)
    if (tally === undefined) this.byExporter.set(exporter, (tally = { ok: 0, failed: 0, samples: 0, dropped: 0 }))
    return tally
  }

  private announcementOf(by: string): { announced: boolean; failures: number } {
    let announcement = this.byAnnouncement.get(by)
    if (announcement === undefined) this.byAnnouncement.set(by, (announcement = { announced: false, failures: 0 }))
    return announcement
  }
}

interface Tally {
  ok: number
  failed: number
  samples: number
  dropped: number
  success?: number
  /** Whether it has the lease; undefined if it needs none. */
  sends?: boolean
}
