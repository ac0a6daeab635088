import type { Actor } from '../processes/actor.js'
import { Exposition } from '../processes/exposition.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import { cwd, preload } from './shop.js'

const program = '../../instrument/http/programs/shop.mjs'

/** An application that executes commands, measured without code; and its port. */
export async function open(
  stage: Stage,
  application = 'plain',
  env: Record<string, string> = {},
): Promise<{ readonly shop: Actor; readonly base: string }> {
  const shop = await stage.start(program, {
    cwd,
    env: { NODE_OPTIONS: preload, PROMHIVE_METRICS_PORT: 'off', PROMHIVE_DEFAULT_METRICS: 'off', ...env },
  })
  return { shop, base: await shop.ask<string>('open', application) }
}

export async function scrape(shop: Actor): Promise<Exposition> {
  return new Exposition(await shop.ask<string>('scrape'))
}

/** The scrape in which no request is in progress, and this number was counted. */
export function settled(shop: Actor, requests: number, name = 'http_requests_total'): Promise<Exposition> {
  return until(
    () => scrape(shop),
    (seen) => seen.total(name) >= requests,
  )
}
