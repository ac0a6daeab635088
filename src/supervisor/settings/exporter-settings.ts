import { reasonOf } from '../../model/errors.js'
import { variables } from '../../platform/environment.js'
import { jsonFrom } from '../../platform/json-text.js'
import type { SettingKind } from './kinds.js'
import type { SettingsTable } from './setting.js'
import { type TargetSettingsOfWorkers, targetSettings } from './target-settings.js'

/** What the supervisor sends to other places, and the targets of the workers. */
export interface ExporterSettings extends TargetSettingsOfWorkers {
  /** The exporters to start, by name, each with its options: `{ textFile: { path: '/run/shop.prom' } }`. */
  readonly exporters: Readonly<Record<string, object>>
}

const exporters: SettingKind<ExporterSettings['exporters']> = {
  says: 'exporters by name, each with its options, or the path of a JSON file with them',
  read(value) {
    try {
      const all = typeof value === 'string' ? jsonFrom(value) : value
      // All of them may be commented out.
      if (all === null) return {}
      return typeof all === 'object' && !Array.isArray(all) ? { ...all } : undefined
    } catch {
      return undefined
    }
  },
  fault(value) {
    try {
      const all = typeof value === 'string' ? jsonFrom(value) : value
      return Array.isArray(all) ? 'it is a list' : `it is of the type ${typeof all}`
    } catch (cause) {
      return reasonOf(cause)
    }
  },
}

export const exporterSettings: SettingsTable<ExporterSettings> = {
  exporters: {
    kind: exporters,
    default: {},
    env: variables.exporters,
    // Addresses may contain passwords.
    secret: true,
    help: 'what sends the metrics to other places, each with its options',
  },
  ...targetSettings,
}
