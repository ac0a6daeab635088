import { Counter, Gauge } from 'promhive'

/** Counted by every kind of process, and shown as one family. */
export const orders = new Counter({ name: 'shop_orders_total', help: 'Orders taken.', labelNames: ['channel'] })

/** The sum over the living processes of each kind. */
export const running = new Gauge({
  name: 'shop_processes',
  help: 'Processes that run.',
  labelNames: ['kind'],
  mode: 'livesum',
})
