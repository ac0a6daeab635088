// The hooks of gunicorn's exporter, under gunicorn's names, as its users write them.
import {
  defaultOnExit,
  defaultOnStarting,
  defaultPostFork,
  defaultWorkerInt,
  redisWhenReady,
} from 'promhive/supervisor'

export const on_starting = defaultOnStarting
export const when_ready = redisWhenReady
export const worker_int = defaultWorkerInt
export const on_exit = defaultOnExit
export const post_fork = defaultPostFork
