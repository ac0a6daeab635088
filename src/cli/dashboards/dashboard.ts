import type { ObservedApplication } from './application.js'
import { grafanaDashboard } from './grafana.js'
import type { Section } from './panel.js'
import { exportersSection } from './sections/exporters.js'
import { httpSection, outgoingSection } from './sections/http.js'
import { overviewSection } from './sections/overview.js'
import { ownFamiliesSection } from './sections/own-families.js'
import { eventLoopSection, processSection, saturationSection } from './sections/process.js'
import { promhiveSection } from './sections/promhive.js'
import { workersSection } from './sections/workers.js'

/** Returns the Grafana dashboard of an application, with the panels for which it has families. */
export function dashboardOf(application: ObservedApplication, title: string): object {
  const { families, http, has } = application
  const sections: readonly Section[] = [
    overviewSection(application),
    ...(http === undefined ? [] : [httpSection(http)]),
    workersSection(application),
    ...(http === undefined ? [] : [outgoingSection(http)]),
    eventLoopSection(application),
    processSection(application),
    saturationSection(application),
    exportersSection(application),
    promhiveSection(application),
  ]
  const expressions = sections.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)))
  const own = ownFamiliesSection(application, expressions)
  const anchor = has('promhive_writers') ? 'promhive_writers' : firstSample(families.all)
  const description = `Made by promhive dashboard from the metrics that the application shows${http === undefined ? '' : `; HTTP metrics with the names of the preset ${http.name}`}.`
  // The metrics of the application come before those of its surroundings.
  return grafanaDashboard({ title, description, anchor }, [...sections.slice(0, 3), own, ...sections.slice(3)])
}

function firstSample(families: ObservedApplication['families']['all']): string {
  const [family] = families.filter(({ samples }) => samples.size > 0)
  return [...(family?.samples ?? ['up'])][0]!
}
