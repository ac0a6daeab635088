const { jobs } = require('./app.cjs')
jobs.inc({ queue: 'mail' })
