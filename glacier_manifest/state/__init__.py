"""What is known of every request, kept so that nothing is ever paid for twice.

``location`` says where the state is, ``sqlite`` keeps it (``SqliteState`` to write, ``ReadOnlyState`` to look
at), ``lock`` lets one run at a time start or fetch, ``export`` writes it out. The others see ``protocol``,
``changes`` and ``record``.
"""
