throw new Error('this application does not start')
