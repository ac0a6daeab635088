import { Counter, Gauge } from 'promhive'

const deleted = new Counter({ name: 'nightly_deleted_rows_total', help: 'Rows deleted.' })
const succeeded = new Gauge({
  name: 'nightly_last_success_timestamp_seconds',
  help: 'When the job last succeeded.',
  mode: 'mostrecent',
})

deleted.inc(100)
succeeded.setToCurrentTime()
