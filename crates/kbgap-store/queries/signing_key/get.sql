SELECT pkcs8 FROM signing_key WHERE position = 1
