# SPDX-License-Identifier: BSD-3-Clause
"""`python -m trackexec`."""

# The program to be run is called `__main__`; what runs it is not.
__name__ = "trackexec.__main__"

import sys

if sys.argv[1:2] in (["enable-startup"], ["disable-startup"]):
    from trackexec._hook import main

    sys.exit(main(sys.argv[1], sys.argv[2:]))
elif sys.argv[1:2] == ["recover"]:
    from trackexec._recover import main

    sys.exit(main(sys.argv[2:]))
elif sys.argv[1:2] == ["doctor"]:
    from trackexec._doctor import main

    sys.exit(main(sys.argv[2:]))
else:
    from trackexec._run import main

    main()
