"""The only door to AWS: Glacier (a start client, a read client), and what each error means.

Nothing here imports the SDK before it is first needed, so that ``--help`` and ``validate`` stay quick.
"""
