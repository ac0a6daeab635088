import type { HttpFamily, HttpPreset } from '../http-preset.js'
import type { Panel, PanelQuery, Section } from '../panel.js'
import { aggregate, dashboardScope, Queries } from '../queries.js'

const q = new Queries(dashboardScope)

/** The requests of a server: rates, errors, durations, sizes. */
export function httpSection(http: HttpPreset): Section {
  const { requests, errors, duration, inFlight, aborted, requestSize, responseSize } = http
  const panels = [
    ...ratePanels(requests),
    ...(errors === undefined ? [] : errorPanels(requests, errors)),
    ...(duration === undefined ? [] : durationPanels(duration)),
    ...(inFlight === undefined ? [] : [inFlightPanel(inFlight)]),
    ...(aborted === undefined ? [] : [abortedPanel(aborted, requests)]),
    ...(requestSize === undefined ? [] : [sizePanel('requests', requestSize)]),
    ...(responseSize === undefined ? [] : [sizePanel('responses', responseSize)]),
  ]
  return { title: `HTTP requests (${http.name})`, panels }
}

function ratePanels(requests: HttpFamily): readonly Panel[] {
  const { by, legend, text } = divided(requests, ['status', 'worker'])
  const route = requests.label('route')
  return [
    {
      title: `Requests per second${text}`,
      description: 'Answered requests of all workers together.',
      unit: 'reqps',
      queries: [{ expr: q.requests(by, requests), legend }],
      stacked: by.length > 0,
    },
    ...(route === undefined ? [] : [busiestRoutes(requests, route)]),
  ]
}

function busiestRoutes(requests: HttpFamily, route: string): Panel {
  return {
    title: 'Busiest routes',
    description: 'Requests per second of the ten routes that are requested most.',
    unit: 'reqps',
    queries: [{ expr: `topk(10, ${q.requests([route], requests)})`, legend: `{{${route}}}` }],
  }
}

function errorPanels(requests: HttpFamily, errors: HttpFamily): readonly Panel[] {
  const route = errors.label('route')
  const both = route !== undefined && requests.label('route') === route
  return [
    {
      title: 'Error ratio',
      description:
        'The part of the requests that failed. Compare it with the time of the last deployment, and look for the route and the error in the panels beside it.',
      unit: 'percentunit',
      queries: [{ expr: q.errorRatio(['instance'], errors, requests), legend: '{{instance}}' }],
    },
    ...(both
      ? [
          {
            title: 'Error ratio of routes',
            description:
              'The ten routes of which the largest part of the requests fails. Look for their errors in the log.',
            unit: 'percentunit',
            queries: [{ expr: `topk(10, ${q.errorRatio([route], errors, requests)})`, legend: `{{${route}}}` }],
          } satisfies Panel,
        ]
      : []),
    ...errorsByLabel(errors, requests),
  ]
}

/** The counter of errors by what they were; 0 for all of them together before the first one. */
function errorsByLabel(errors: HttpFamily, requests: HttpFamily): readonly Panel[] {
  const facts = (['errorType', 'route', 'status'] as const).map((fact) => errors.label(fact))
  const [label] = facts.filter((each) => each !== undefined)
  if (label === undefined) return []
  return [
    {
      title: `Failed requests by ${label}`,
      description: 'Failed requests per second. A value that is new since a deployment names its fault.',
      unit: 'reqps',
      queries: [
        {
          expr: q.orZero(q.requests([label], errors), q.rate(requests.name, ...requests.matchers)),
          legend: `{{${label}}}`,
        },
      ],
      stacked: true,
    },
  ]
}

function durationPanels(duration: HttpFamily): readonly Panel[] {
  const route = duration.label('route')
  const worker = duration.label('worker')
  const divider = route ?? worker
  const what = route === undefined ? 'workers' : 'routes'
  const quantiles: readonly PanelQuery[] = [0.5, 0.9, 0.99].map((quantile) => ({
    expr: q.quantile(quantile, [], duration.name),
    legend: `p${quantile * 100}`,
  }))
  return [
    {
      title: 'Duration of requests',
      description:
        'Half, nine tenths and 99 of 100 requests were answered within this time. The values are estimated from the bounds of the histogram.',
      unit: 's',
      queries: [...quantiles, { expr: q.mean([], duration.name), legend: 'mean' }],
    },
    ...(divider === undefined
      ? []
      : [
          {
            title: `Slowest ${what} (p99)`,
            description: `The ten ${what} with the longest durations. A high value of all of them at once hints at the event loop or the processor, a single one at its handler.`,
            unit: 's',
            queries: [{ expr: `topk(10, ${q.quantile(0.99, [divider], duration.name)})`, legend: `{{${divider}}}` }],
          } satisfies Panel,
        ]),
  ]
}

function inFlightPanel({ name }: HttpFamily): Panel {
  return {
    title: 'Requests in progress',
    description: 'Requests that are being answered. If it rises while the rate does not, answers wait for something.',
    unit: 'short',
    queries: [{ expr: aggregate('sum', ['instance'], q.select(name)), legend: '{{instance}}' }],
  }
}

function abortedPanel(aborted: HttpFamily, requests: HttpFamily): Panel {
  return {
    title: 'Aborted requests',
    description:
      'Requests per second whose client disconnected before the answer. Clients with a timeout disconnect from slow routes.',
    unit: 'reqps',
    queries: [
      {
        expr: q.orZero(q.requests(['instance'], aborted), q.rate(requests.name, ...requests.matchers), ['instance']),
        legend: '{{instance}}',
      },
    ],
  }
}

function sizePanel(what: 'requests' | 'responses', { name }: HttpFamily): Panel {
  return {
    title: `Bodies of ${what}`,
    description: `Bytes per second in the bodies of ${what}, of all targets.`,
    unit: 'binBps',
    queries: [{ expr: q.sumRate(['instance'], `${name}_sum`), legend: '{{instance}}' }],
  }
}

function divided(family: HttpFamily, facts: readonly ('status' | 'worker')[]) {
  const [label] = facts.map((fact) => family.label(fact)).filter((each) => each !== undefined)
  if (label === undefined) return { by: [], legend: 'requests', text: '' }
  return { by: [label], legend: `{{${label}}}`, text: ` by ${label}` }
}

/** Requests to other servers. */
export function outgoingSection({ outgoing }: HttpPreset): Section {
  const { duration, inFlight, errors } = outgoing
  const host = duration?.label('host')
  const by = host === undefined ? [] : [host]
  const legend = host === undefined ? 'all hosts' : `{{${host}}}`
  const panels: readonly (Panel | undefined)[] = [
    duration && {
      title: 'Outgoing requests',
      description: 'Requests per second to other servers.',
      unit: 'reqps',
      queries: [{ expr: q.sumRate(by, `${duration.name}_count`), legend }],
    },
    duration && {
      title: 'Duration of outgoing requests (p99)',
      description:
        '99 of 100 outgoing requests were answered within this time. A slow host makes the routes slow that wait for it.',
      unit: 's',
      queries: [{ expr: q.quantile(0.99, by, duration.name), legend }],
    },
    errors && {
      title: 'Failed outgoing requests',
      description: 'Outgoing requests per second without a whole response, by the type of the error.',
      unit: 'reqps',
      queries: [{ expr: q.requests([errors.label('errorType') ?? 'error_type'], errors), legend: '{{error_type}}' }],
    },
    inFlight && {
      title: 'Outgoing requests in progress',
      description:
        'Requests that wait for another server. If it rises, that server is slow, or its connections are used up.',
      unit: 'short',
      queries: [{ expr: aggregate('sum', ['instance'], q.select(inFlight.name)), legend: '{{instance}}' }],
    },
  ]
  return { title: 'Outgoing HTTP requests', panels: panels.filter((panel) => panel !== undefined) }
}
